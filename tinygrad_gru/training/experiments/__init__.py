"""Many runs: compare cells, sweep settings, on one machine or several."""
