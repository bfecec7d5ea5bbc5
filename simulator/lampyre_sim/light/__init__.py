"""Light judged on records: the production policies play recorded nights; energy, switchings, who met too little."""
