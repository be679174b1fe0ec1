"""A small company to look at: people, rooms and a week of talk (`DEMO=1 make run`)."""
