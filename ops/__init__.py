"""Operations: the `soudan` command line and what it is made of."""
