"""What keeps a node well: health, the watchdog, and the reconciling of desired with reported state."""
