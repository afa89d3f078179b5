"""From a broker's delivery to a committed fact and the node's watermark."""
