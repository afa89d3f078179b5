"""Tables of areas, agencies, routing, sites and cameras."""
