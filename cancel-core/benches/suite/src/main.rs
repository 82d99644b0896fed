mod callgrind;
mod conversation;
mod counting;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.get(1).is_some_and(|a| a == "task") {
        let n: u64 = args[2].parse().unwrap();
        let c = conversation::contender(&args[3]);
        for _ in 0..n { assert!(c.converse()); }
        return;
    }
    for name in ["ours", "floor", "peer"] {
        let c = conversation::contender(name);
        c.converse();
        let ((), heap) = counting::counted(|| assert!(c.converse()));
        println!("{name}: {} instr, {heap:?}", callgrind::instructions(&[name], 50));
    }
}
