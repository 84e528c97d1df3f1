-- The number of open work items of each kind. Binds: none. Isolation: any.
select work, count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'in_hand') as in_hand
  from open_work_items
 group by work
