"""The colours that classes and models have everywhere. Told apart with every common kind of colour blindness."""

COLOURS = (
    "#4169B0",
    "#FF9E02",
    "#CC466D",
    "#379D93",
    "#78893E",
    "#DBAD54",
    "#A586CE",
    "#FA98CB",
    "#7B4B32",
    "#BDA881",
)
GREY = "#8A8F98"  # what has no class, and what a selection leaves out
