"""A day's pay in DuckDB's SQL, exact: whole microseconds, 128-bit integers, one rounding.

What it takes for granted and Doorstep does not: one pickup and one completion a delivery at most,
no contradiction, every event well-formed and inside the market.
"""

LOAD = """
create table event as
select distinct on (source, id) type, subject, epoch_us(time) as at_us,
    data.courier_id as courier, data.tip_minor as tip_minor, data.distance_m as distance_m
from read_json(?, format = 'newline_delimited', compression = 'zstd', columns = {
    id: 'varchar', source: 'varchar', type: 'varchar', subject: 'varchar', time: 'timestamptz',
    data: 'struct(courier_id varchar, tip_minor bigint, distance_m bigint)'
})
"""

PIECE = "create temp table piece (start_us bigint, end_us bigint, multiplier_bp bigint)"

# Time is in microseconds times basis points: an hour at the base rate is 3.6e13 of them.
PRICE = """
with day as (
    select min(start_us) as start_us, max(end_us) as end_us from piece
), carried as (
    select done.courier, picked.at_us as start_us, done.at_us as end_us,
        done.tip_minor, done.distance_m
    from event done left join event picked
        on picked.subject = done.subject and picked.type = 'delivery.picked_up'
    where done.type = 'delivery.delivered'
), reached as (
    -- A gap opens where an interval starts after everything before it has ended.
    select courier, start_us, end_us, coalesce(start_us > max(end_us) over (
        partition by courier order by start_us, end_us
        rows between unbounded preceding and 1 preceding), true) as opens
    from carried
), islands as (
    select courier, start_us, end_us, count(*) filter (opens) over (
        partition by courier order by start_us, end_us rows unbounded preceding) as island
    from reached
), worked as (
    select courier, min(start_us) as start_us, max(end_us) as end_us
    from islands group by courier, island
), time_of as (
    select courier,
        sum(least(worked.end_us, piece.end_us) - greatest(worked.start_us, piece.start_us))
            as worked_us,
        sum(least(worked.end_us, piece.end_us) - greatest(worked.start_us, piece.start_us))
            filter (multiplier_bp <> 10000) as peak_us,
        sum((least(worked.end_us, piece.end_us) - greatest(worked.start_us, piece.start_us))
            * multiplier_bp::hugeint) as weighted
    from worked join piece
        on worked.start_us < piece.end_us and piece.start_us < worked.end_us
    group by courier
), delivered as (
    select courier, count(*) as deliveries, sum(tip_minor) as tip_minor,
        sum(distance_m) as distance_m
    from carried, day
    where carried.end_us >= day.start_us and carried.end_us < day.end_us
    group by courier
), exact as (
    select courier, coalesce(worked_us, 0) as worked_us, coalesce(peak_us, 0) as peak_us,
        coalesce(deliveries, 0) as deliveries, coalesce(tip_minor, 0) as tip_minor,
        coalesce(weighted, 0) * {per_hour}
            + coalesce(deliveries, 0)::hugeint * {per_delivery} * 36000000000000
            + coalesce(distance_m, 0)::hugeint * {per_km} * 36000000000 as amount
    from time_of full join delivered using (courier)
), split as (
    select *, amount // 36000000000000 as whole, amount % 36000000000000 as rest from exact
)
select courier,
    (whole + case
        when rest * 2 > 36000000000000 then 1
        when rest * 2 = 36000000000000 then whole % 2
        else 0 end)::bigint as total_minor,
    (worked_us // 1000000)::bigint, (peak_us // 1000000)::bigint,
    deliveries::bigint, tip_minor::bigint
from split
"""
