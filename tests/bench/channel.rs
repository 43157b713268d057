// The peer of bench-channel.c: one sender, one receiver, prints the nanoseconds of a message.
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

fn measure(n: u64, send: impl Fn(u64) + Send + 'static, receiver: mpsc::Receiver<u64>) {
    let began = Instant::now();
    let sender = thread::spawn(move || (0..n).for_each(|i| send(i)));
    let sum: u64 = receiver.iter().sum();
    assert_eq!(sum, n * (n - 1) / 2);
    println!("{}", began.elapsed().as_nanos() as f64 / n as f64);
    sender.join().unwrap();
}

fn main() {
    let capacity = std::env::args().nth(1).unwrap();
    if capacity == "unbounded" {
        let (sender, receiver) = mpsc::channel();
        measure(3_000_000, move |i| sender.send(i).unwrap(), receiver);
    } else {
        let capacity: usize = capacity.parse().unwrap();
        let (sender, receiver) = mpsc::sync_channel(capacity);
        let n = if capacity == 0 { 100_000 } else { 3_000_000 };
        measure(n, move |i| sender.send(i).unwrap(), receiver);
    }
}
