// Two threads, and a lock of Rust's standard library that one of them has to wait for.
use std::sync::{Arc, Mutex};

fn main() {
    let lock = Arc::new(Mutex::new(0));
    let other = Arc::clone(&lock);
    let mut held = lock.lock().unwrap();
    let thread = std::thread::spawn(move || *other.lock().unwrap() += 1);

    std::thread::sleep(std::time::Duration::from_millis(50));
    *held += 1;
    drop(held);
    thread.join().unwrap();
    assert_eq!(*lock.lock().unwrap(), 2);
}
