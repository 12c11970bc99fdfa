"""pinshop: Pinterest shopping ads from Python."""
