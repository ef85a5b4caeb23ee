"""One module per figure: each answers report sections and the goals it settles."""
