-- How many applications are in which state, and how much they are about.
-- Binds: none. Isolation: any.
select state, count(*) as applications, sum(amount)::bigint as euros
  from loan_applications
 group by state
