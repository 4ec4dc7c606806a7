/** What a word of SQL does to an expression: the vocabulary of MySQL, PostgreSQL, SQL Server, Oracle and SQLite in one. */
export type Role =
  | 'boolean' // joins conditions
  | 'comparison' // compares two operands
  | 'between'
  | 'is'
  | 'in'
  | 'not'
  | 'arithmetic'
  | 'unary' // stands before an operand
  | 'postfix' // stands behind one, and compares
  | 'constant'
  | 'set' // UNION and its kin
  | 'all' // ALL, DISTINCT behind those and SELECT
  | 'select'
  | 'from'
  | 'where'
  | 'having'
  | 'by' // GROUP, ORDER
  | 'byWord'
  | 'clause' // what else may follow an operand within a statement
  | 'join'
  | 'as'
  | 'case'
  | 'when'
  | 'end'
  | 'exists'
  | 'into'
  | 'outfile'
  | 'procedure'
  | 'direction'
  | 'interval'
  | 'table' // the kinds of things that can be dropped
  | 'drop'
  | 'insert'
  | 'update'
  | 'delete'
  | 'exec'
  | 'declare'
  | 'waitfor'
  | 'delay'
  | 'shutdown'
  | 'if'
  | 'statement'
  | 'reserved'; // no operand, nor anything else that is known here

const words: Readonly<Record<Role, string>> = {
  boolean: 'and or xor',
  comparison: 'like ilike rlike regexp glob similar match sounds contains regexp_like overlaps',
  between: 'between',
  is: 'is',
  in: 'in',
  not: 'not',
  arithmetic: 'div mod collate',
  unary: 'binary prior any some distinct row',
  postfix: 'isnull notnull',
  constant: 'null true false unknown',
  set: 'union except intersect minus',
  all: 'all distinctrow',
  select: 'select',
  from: 'from',
  where: 'where',
  having: 'having',
  by: 'group order partition',
  byWord: 'by',
  clause: 'limit offset fetch for window returning on using top with separator escape siblings start connect',
  join: 'join inner outer left right cross natural full straight_join',
  as: 'as',
  case: 'case',
  when: 'when then else',
  end: 'end',
  exists: 'exists array',
  into: 'into',
  outfile: 'outfile dumpfile',
  procedure: 'procedure',
  direction: 'asc desc nulls',
  interval: 'interval',
  table:
    'table database schema view index user login role function procedure trigger sequence extension column temporary temp',
  drop: 'drop truncate alter create',
  insert: 'insert replace merge',
  update: 'update',
  delete: 'delete',
  exec: 'exec execute call',
  declare: 'declare set',
  waitfor: 'waitfor',
  delay: 'delay time',
  shutdown: 'shutdown',
  if: 'if',
  statement:
    'grant revoke copy attach load prepare handler rename pragma vacuum do backup restore use show explain',
  reserved:
    'that which because there their they what the of to its you your we our he she my me this these those was were are be been have has had will would could should than but',
};

/** Written so that a word with two roles (`procedure`, `left`) has the first that fits an expression. */
export const roleOf: ReadonlyMap<string, Role> = (() => {
  const map = new Map<string, Role>();
  for (const [role, list] of Object.entries(words) as [Role, string][])
    for (const word of list.split(' ')) if (!map.has(word)) map.set(word, role);
  return map;
})();

export const tableWords: ReadonlySet<string> = new Set(words.table.split(' '));

const set = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Functions that wait, fail on purpose with data in the message, read files, or call out: what blind injections live on. */
export const weapons = set(
  'sleep benchmark pg_sleep pg_sleep_for pg_sleep_until extractvalue updatexml load_file xp_cmdshell xp_dirtree xp_fileexist xp_regread dbms_pipe.receive_message dbms_lock.sleep dbms_session.sleep utl_http.request utl_inaddr.get_host_address utl_inaddr.get_host_name httpuritype randomblob zeroblob load_extension sys_eval sys_exec lo_import lo_export pg_read_file pg_ls_dir pg_read_binary_file dblink dblink_connect openrowset opendatasource openquery gtid_subset gtid_subtract ctxsys.drithsx.sn xmltype query_to_xml database_to_xml name_const analyse readfile writefile fn_xe_file_target_read_file fn_trace_gettable to_regclass dbms_xmlgen.getxml dbms_ldap.init sys.dbms_ldap.init generate_series current_setting ora_invoking_user',
);

/** What tells about the server; in an expression of a client it has no business. */
export const informers = set(
  'version user current_user session_user system_user database schema db_name host_name sqlite_version suser_name suser_sname user_name is_srvrolemember is_member current_database current_schema connection_id last_insert_id row_count inet_server_addr pg_backend_pid pg_current_logfile object_id col_name object_name sys_context userenv banner serverproperty has_dbaccess found_rows uuid rownum',
);

/** Functions that build and take apart strings, which attacks wrap around what they read. */
export const builders = set(
  'ascii ord char chr nchar unicode substring substr mid left right hex unhex concat concat_ws group_concat string_agg listagg length len char_length character_length octet_length bit_length if iif ifnull isnull nvl coalesce nullif elt field cast convert try_cast count lower upper lcase ucase ltrim rtrim trim replace reverse rpad lpad repeat replicate make_set export_set json_extract json_keys xmlagg xmlelement extract instr locate position strpos charindex patindex floor rand exp make_set to_char to_number rawtohex utl_raw.cast_to_raw min max sum avg bin conv quote soundex space stuff format quotename decode greatest least pow sqrt abs round md5 sha1 sha aes_encrypt aes_decrypt compress uncompress from_base64 to_base64 row json_object json_array jsonb_build_object array_to_string unnest regexp_replace regexp_substr',
);

/** Catalogues: nobody but the database's administrator reads from them. */
const catalogues =
  /^(?:information_schema|sys(?:objects|columns|databases|users|logins|tables)?|pg_(?:catalog|shadow|user|tables|database|class|roles|stat_activity)|sqlite_(?:master|schema|temp_master)|mysql|performance_schema|master|msdb|msysobjects|all_(?:tables|users|tab_columns|objects)|user_(?:tables|tab_columns|objects)|dba_\w+|v\$\w+|dual|syscat|sysibm)(?:\.|$)/;

export function isCatalogue(name: string): boolean {
  return catalogues.test(name);
}
