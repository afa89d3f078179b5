"""From pixels to tracks: motion gate, detector, tiles, tracker. No rule of a site is known here."""
