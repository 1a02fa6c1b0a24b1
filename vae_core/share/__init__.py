"""What leaves the house: files that other programs read."""
