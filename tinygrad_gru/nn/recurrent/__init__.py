"""Recurrent layers with all their options: layers and directions of cells, lengths, dropout, gates; `tg.compile`."""
