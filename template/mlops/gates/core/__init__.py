"""What every part of the gates uses: errors, typed reading of plain data, digests, text output."""
