"""What to build, as plain values: notation, architectures, configs, recipes and their cost. No TensorFlow here."""
