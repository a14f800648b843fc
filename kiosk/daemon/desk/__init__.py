"""What happens beside a plain tap: other ways to punch, presence checks, people, privacy, recap."""
