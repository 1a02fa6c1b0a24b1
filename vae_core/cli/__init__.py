"""The command line: one file a group of commands, each loaded when one of its commands is called."""
