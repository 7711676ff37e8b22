"""Tables: their form, how numbers and dates are written, their columns, gaps and order."""
