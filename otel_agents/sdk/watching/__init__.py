"""What is watched while the program runs: budgets, loops, stalls and spikes."""
