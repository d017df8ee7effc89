"""What a person reads while a command runs.

- `console`: where texts and progress go, and how a line and a table are set
- `symbols`: characters that an encoding lacks are written in ASCII
- `progress`: long work, live: speed, loss, accuracy, time left
- `answers`: pictures, choices, scores, predictions, as text
"""

from glassnet.terminal.console import Terminal, open_terminal, quoted, show_field, show_next

__all__ = ["Terminal", "open_terminal", "quoted", "show_field", "show_next"]
