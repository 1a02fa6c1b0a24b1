"""What leaves the house: written reports, and files that other programs read."""
