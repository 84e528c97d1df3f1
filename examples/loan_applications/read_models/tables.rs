//! The printed form of the read models.

use std::{cmp::Reverse, fmt, time::Duration};

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

use super::{super::report::grouped, Amounts, Rebuild, Summary, TimeToDecision, Upkeep};

/// How many of the busiest clerks are shown.
const CLERKS: usize = 10;

/// Prints the answers of the read models, and the results of their rebuilds.
pub struct Tables<'a>(pub &'a Upkeep);

impl fmt::Display for Tables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(upkeep) = self;
        let summary = Summary::from(&upkeep.following);
        writeln!(f, "applications by state\n\n{}\n", states(&summary))?;
        writeln!(f, "amounts by month\n\n{}\n", months(&summary))?;
        writeln!(f, "from submission to decision\n\n{}\n", decisions(&summary))?;
        let clerks = summary.clerks.len();
        writeln!(f, "the busiest of {clerks} clerks\n\n{}\n", workloads(&summary))?;
        writeln!(f, "open work\n\n{}\n", open_work(&summary))?;
        writeln!(f, "the read models had seen everything {:.1?} after the replay", upkeep.behind)?;
        write!(f, "rebuilt and compared\n\n{}", rebuilds(&upkeep.rebuilds))
    }
}

fn states(summary: &Summary) -> Table {
    let mut table = table(["state", "applications", "euros"]);
    for (state, Amounts { applications, euros }) in &summary.states {
        table.add_row([state.to_string(), grouped(*applications), grouped(*euros)]);
    }
    table
}

fn months(summary: &Summary) -> Table {
    let mut table = table(["month", "requested", "euros", "approved", "euros"]);
    for (month, turnover) in &summary.months {
        let (requested, approved) = (turnover.requested, turnover.approved);
        table.add_row([
            month.to_string(),
            grouped(requested.applications),
            grouped(requested.euros),
            grouped(approved.applications),
            grouped(approved.euros),
        ]);
    }
    table
}

fn decisions(summary: &Summary) -> Table {
    let mut table = table(["decision", "applications", "median", "90 % within"]);
    let mut add = |name: String, times: &TimeToDecision| {
        let TimeToDecision { decisions, median, nine_of_ten } = *times;
        table.add_row([name, grouped(decisions), rough(median), rough(nine_of_ten)]);
    };
    for (state, times) in &summary.decisions {
        add(state.to_string(), times);
    }
    if let Some(times) = &summary.all_decisions {
        add("any".to_owned(), times);
    }
    table
}

fn workloads(summary: &Summary) -> Table {
    let mut table = table(["clerk", "acts", "work completed", "offers sent", "decisions", "in hand"]);
    let mut clerks: Vec<_> = summary.clerks.iter().collect();
    clerks.sort_by_key(|(clerk, workload)| (Reverse(workload.acts), **clerk));
    for (clerk, workload) in clerks.into_iter().take(CLERKS) {
        table.add_row([
            clerk.to_string(),
            grouped(workload.acts),
            grouped(workload.work_completed),
            grouped(workload.offers_sent),
            grouped(workload.decisions),
            grouped(workload.in_hand),
        ]);
    }
    table
}

fn open_work(summary: &Summary) -> Table {
    let mut table = table(["work", "waiting", "in hand"]);
    for (work, open) in &summary.open_work {
        table.add_row([work.to_string(), grouped(open.waiting), grouped(open.in_hand)]);
    }
    table
}

fn rebuilds(rebuilds: &[Rebuild]) -> Table {
    let mut table = table(["read model", "rows", "events", "seconds", "to the one that followed"]);
    for Rebuild { name, events, time, comparison } in rebuilds {
        let rows = comparison.tables.iter().map(|table| table.building_rows).sum();
        let differing: u64 = comparison.tables.iter().map(|table| table.differing).sum();
        let verdict =
            if comparison.is_equal() { "equal".to_owned() } else { format!("{differing} DIFFERENT") };
        table.add_row([
            (*name).to_owned(),
            grouped(rows),
            grouped(*events),
            format!("{:.1}", time.as_secs_f64()),
            verdict,
        ]);
    }
    table
}

/// A table in which all columns except the first are numbers.
fn table<const COLUMNS: usize>(header: [&str; COLUMNS]) -> Table {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN);
    table.set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn rough(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match time.as_secs() {
        ..3_600 => format!("{:.1} minutes", seconds / 60.0),
        3_600..86_400 => format!("{:.1} hours", seconds / 3_600.0),
        86_400.. => format!("{:.1} days", seconds / 86_400.0),
    }
}
