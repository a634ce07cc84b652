//! A plain filter that knows nothing of forks: its input in upper case. Exit code 3 for no input.

use std::io::{self, Read, Write};

fn main() {
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input).unwrap();
    if input.is_empty() {
        std::process::exit(3);
    }
    io::stdout().write_all(&input.to_ascii_uppercase()).unwrap();
}
