"""Pictures that fit: on a slide, and into a width, with no letter too small to be read there."""
