"""What a trained layer does with a sequence: its gates, its states, and who influences whom."""
