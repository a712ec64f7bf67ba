"""The demonstration: invented institutions on a loopback site, watched over four days of a calendar."""
