"""A network as the program that the browser runs: made of a saved model, packed as bytes, and computed in NumPy."""
