use lab::*;
use sim::*;
use std::sync::atomic::AtomicBool;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let runs = a[2].parse().unwrap();
    let nodes = a[3].parse().unwrap();
    let seed = a.get(4).and_then(|s| s.parse().ok()).unwrap_or(1);
    let c = Campaign { runs, seed, threads: 1, ..Campaign::default() };
    let stop = AtomicBool::new(false);
    if a[1] == "mutants" {
        for mutant in canon::order::raft::Mutant::ALL {
            let r = campaign(
                &RaftLab::new(nodes).broken(mutant),
                &OpenLoop,
                &Campaign {
                    options: Options { shrink_runs: 0, ..Options::default() },
                    ..c.clone()
                },
                &stop,
                |_| {},
            );
            println!(
                "{mutant}: {} runs, {:.2} s, {:?}",
                r.runs,
                r.wall_s,
                r.first_failure.map(|f| f.violation.to_string())
            );
        }
        return;
    }
    let r = match a[1].as_str() {
        "raft" => campaign(&RaftLab::new(nodes), &OpenLoop, &c, &stop, |_| {}),
        "omega" => campaign(&OmegaLab { nodes }, &OpenLoop, &c, &stop, |_| {}),
        _ => campaign(&StoreLab { nodes, mutant: None }, &StoreClients, &c, &stop, |_| {}),
    };
    println!("{r}");
}
