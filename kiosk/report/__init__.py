"""What leaves the kiosk on paper and in spreadsheets; bytes, whoever writes them where."""
