"""What leaves the house: written reports."""
