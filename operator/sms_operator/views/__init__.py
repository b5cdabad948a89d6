"""Objects as people read them: rows, descriptions, trees. Pure."""
