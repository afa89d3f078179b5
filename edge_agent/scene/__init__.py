"""What a site looks like to its camera: lines, zones, lanes, signals, rules, privacy. Pure."""
