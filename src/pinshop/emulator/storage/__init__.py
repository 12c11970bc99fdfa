"""What the emulator keeps: the store, seeding, YAML states, recordings."""
