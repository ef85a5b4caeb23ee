"""The letters every realm sends: welcome, verification codes, password resets."""
