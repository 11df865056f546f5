/** The rules for events, from the text of the data rules to SQL: `bronze`, `rejected`, `silver`. */

const texts = ['event_id', 'timestamp', 'org_id', 'resource_id', 'service', 'region', 'metric', 'unit'] as const;
const numbers = ['value', 'cost_usd_increment', 'schema_version', 'carbon_kg', 'genai_tokens'] as const;

/** The last of repeated keys wins; blanks around text are trimmed and blank is null; what cannot be typed is rescued. */
const typed = `
create table entries as
  select id, key, arg_max(type, eid) as type, arg_max(value, eid) as value
  from (select r.id, e.key, e.type, e.value, e.id as eid from raw_lines r, json_each(r.line) e where r.line is not null)
  group by id, key;
create table scalars as
  select id, key, type, value,
    case when type = 'VARCHAR' then nullif(trim(value->>'$', e' \\t\\r\\n'), '') end as txt,
    case when type in ('DOUBLE', 'BIGINT', 'UBIGINT', 'HUGEINT') then value->>'$'
         when type = 'VARCHAR' and numeric_text(trim(value->>'$', e' \\t\\r\\n')) then trim(value->>'$', e' \\t\\r\\n') end as num
  from entries;
create table typed as
  select r.id, r.file, r.row, r.landed, r.line is not null as parses,
    ${texts.map((name) => `max(txt) filter (key = '${name}') as "${name}_text"`).join(',\n    ')},
    ${numbers.map((name) => `max(num) filter (key = '${name}') as ${name}_text`).join(',\n    ')},
    coalesce(bool_or(key = 'value' and num is null and type <> 'NULL' and not (type = 'VARCHAR' and txt is null)), false)
      as value_not_numeric,
    string_agg(key || '=' || value, ' ' order by key) filter (
      key not in (${[...texts, ...numbers].map((name) => `'${name}'`).join(', ')})
      or (key in (${texts.map((name) => `'${name}'`).join(', ')}) and type not in ('VARCHAR', 'NULL'))
      or (key in (${numbers.map((name) => `'${name}'`).join(', ')}) and num is null
          and type <> 'NULL' and not (type = 'VARCHAR' and txt is null))) as rescued
  from raw_lines r left join scalars using (id) group by all;
`;

/** The instant of a timestamp that states a date and a time, UTC; no zone is UTC, offsets are converted. */
const timed = `
create table timed as
  select *,
    case when regexp_full_match(timestamp_text,
        '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|z|[+-][0-9]{2}:?[0-9]{2})?')
      then try_cast(regexp_replace(timestamp_text, '(Z|z|[+-][0-9]{2}:?[0-9]{2})$', '') as timestamp)
        - coalesce(case when timestamp_text similar to '.*[+-][0-9]{2}:?[0-9]{2}' then
            (regexp_extract(timestamp_text, '([+-])[0-9]{2}:?[0-9]{2}$', 1) || '1')::integer * (
              to_hours(regexp_extract(timestamp_text, '([0-9]{2}):?[0-9]{2}$', 1)::integer)
              + to_minutes(regexp_extract(timestamp_text, '([0-9]{2})$', 1)::integer)) end,
          interval 0 seconds) end as event_ts,
    ${numbers.map((name) => `exact(${name}_text) as ${name}_exact`).join(',\n    ')}
  from typed;
`;

/** A number outside the digits of its column is null and remembered. */
const ranged = (name: string, whole: string, round: string): string => `
    case when abs(${name}_exact) < ${whole} then ${round}(${name}_exact) end as ${name},
    ${name}_text is not null and coalesce(abs(${name}_exact) >= ${whole}, true) as ${name}_out_of_range`;

const bronze = `
create table judged as
  select *, ${ranged('value', '1000000000000', 'to_even6')}, ${ranged('cost_usd_increment', '1000000000000', 'to_even6')},
    ${ranged('carbon_kg', '1000000000', 'to_even9')}, ${ranged('genai_tokens', '1000000000000', 'to_even6')},
    case when not parses then 'unparseable'
         when event_id_text is null then 'event_id_missing'
         when event_ts is null then 'timestamp_invalid'
         when event_ts < timestamp '2000-01-01' or event_ts > landed + interval 1 day then 'timestamp_out_of_range'
    end as line_rule
  from timed;
create table ranked as
  select *, first_value(id) over (partition by event_id_text order by id) as first_id,
    hash(event_ts, ${texts.filter((name) => name !== 'timestamp').map((name) => `${name}_text`)}, value,
      cost_usd_increment, schema_version_exact, carbon_kg, genai_tokens, rescued) as content,
    first_value(content) over (partition by event_id_text order by id) as first_content
  from judged where line_rule is null;
create table bronze as select * from ranked where id = first_id;
create table rejected as
  select 'bronze' as layer, line_rule as rule from judged where line_rule is not null
  union all
  select 'bronze', case when content = first_content then 'duplicate' else 'event_id_conflict' end
  from ranked where id <> first_id;
`;

const silver = `
create table silver_judged as
  select *, case
      when org_id_text is null then 'org_id_missing'
      when cost_usd_increment_text is null then 'cost_missing'
      when cost_usd_increment_exact < -0.01 then 'cost_non_negative'
      when value_not_numeric then 'value_not_numeric'
      when value_out_of_range then 'value_out_of_range'
      when cost_usd_increment_out_of_range then 'cost_usd_increment_out_of_range'
      when carbon_kg_out_of_range then 'carbon_kg_out_of_range'
      when genai_tokens_out_of_range then 'genai_tokens_out_of_range' end as silver_rule
  from bronze;
insert into rejected select 'silver', silver_rule from silver_judged where silver_rule is not null;
create table silver as
  select event_id_text as event_id, event_ts, cast(event_ts as date) as event_date, org_id_text as org_id,
    service_text as service, metric_text as metric, value, unit_text as unit, cost_usd_increment as cost_usd, carbon_kg,
    genai_tokens
  from silver_judged where silver_rule is null;
`;

/** Statements that make `bronze`, `rejected(layer, rule)` and `silver` of `raw_lines`, in order. */
export const eventTables: readonly string[] = [typed, timed, bronze, silver];
