"""What every request and answer passes on its way."""
