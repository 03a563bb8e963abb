//! Ends the process.

guests::guest!("exit", |_| std::process::exit(3));
