// Rust's std::sync, whose locks are futexes.
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, RwLock};
use std::thread;

fn main() {
    let m = Arc::new(Mutex::new(0));
    let rw = Arc::new(RwLock::new(0));
    let barrier = Arc::new(Barrier::new(4));
    let (tx, rx) = mpsc::channel();
    let threads: Vec<_> = (0..4)
        .map(|i| {
            let (m, rw, barrier, tx) = (m.clone(), rw.clone(), barrier.clone(), tx.clone());
            thread::spawn(move || {
                for _ in 0..20000 {
                    *m.lock().unwrap() += 1;
                }
                *rw.write().unwrap() += 1;
                barrier.wait();
                tx.send(i).unwrap();
            })
        })
        .collect();
    drop(tx);
    let sum: i32 = rx.iter().sum();
    for t in threads {
        t.join().unwrap();
    }
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let other = pair.clone();
    let t = thread::spawn(move || {
        thread::sleep(std::time::Duration::from_millis(5));
        *other.0.lock().unwrap() = true;
        other.1.notify_one();
    });
    let mut set = pair.0.lock().unwrap();
    while !*set {
        set = pair.1.wait(set).unwrap();
    }
    drop(set);
    t.join().unwrap();
    println!("{} {} {}", m.lock().unwrap(), sum, rw.read().unwrap());
}
