"""What Asterisk is told: typed settings in, configuration text out."""
