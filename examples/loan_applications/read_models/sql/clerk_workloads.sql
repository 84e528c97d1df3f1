-- The acts of each clerk, and the work in progress. Binds: none. Isolation: any; both tables are read in one snapshot,
-- but each is at the position of its own projection.
select clerk, acts, work_completed, offers_sent, decisions,
       (select count(*) from open_work_items as item where item.clerk = done.clerk and item.state = 'in_hand') as in_hand
  from clerk_workloads as done
