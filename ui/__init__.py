"""kiosk-ui: the screen, drawn with pygame from the view state it is sent."""
