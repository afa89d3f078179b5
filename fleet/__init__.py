"""What both sides of the fleet must agree on, and the tools that drive a fleet."""
