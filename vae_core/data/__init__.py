"""Images in: built-in data sets, your own files, splits and checks. No Keras here, so the page process can load it."""
