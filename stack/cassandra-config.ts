import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The data centre that `SimpleSnitch` names. */
export const LOCAL_DATA_CENTER = 'datacenter1';

/** The ports a node listens on. */
export interface CassandraPorts {
  readonly native: number;
  readonly storage: number;
}

/**
 * `cassandra.yaml` of one node on 127.0.0.1 that keeps everything below `folder`. A key that is not here has the server's
 * default; so a batch over 50 KiB is refused. YAML is a superset of JSON, which saves quoting rules.
 */
export function cassandraYaml(folder: string, ports: CassandraPorts): string {
  const config = {
    cluster_name: 'cpa',
    num_tokens: 1,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'SimpleSnitch',
    listen_address: '127.0.0.1',
    rpc_address: '127.0.0.1',
    storage_port: ports.storage,
    native_transport_port: ports.native,
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: `127.0.0.1:${ports.storage}` }],
      },
    ],
    authenticator: 'PasswordAuthenticator',
    authorizer: 'CassandraAuthorizer',
    role_manager: 'CassandraRoleManager',
    data_file_directories: [join(folder, 'data')],
    commitlog_directory: join(folder, 'commitlog'),
    saved_caches_directory: join(folder, 'saved_caches'),
    hints_directory: join(folder, 'hints'),
    cdc_raw_directory: join(folder, 'cdc_raw'),
    commitlog_sync: 'periodic',
    commitlog_sync_period: '1000ms',
    disk_failure_policy: 'stop',
    commit_failure_policy: 'stop',
    concurrent_compactors: 1,
    // What is served can be rebuilt from the lake: a snapshot at every drop and truncate would only fill the disk.
    auto_snapshot: false,
    // A null in a row is a tombstone, and a mart has many: no warning for every read.
    tombstone_warn_threshold: 50_000,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** Logging to standard output, which goes to the service's log file. */
export const LOGBACK_XML = `<configuration>
  <appender name="stdout" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level %logger{0} %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="stdout"/></root>
</configuration>
`;

/** The options of Java 17 that the release gives in `jvm17-server.options`: what Cassandra opens of the platform's modules. */
const MODULES = [
  ...[
    'java.base/jdk.internal.misc',
    'java.management.rmi/com.sun.jmx.remote.internal.rmi',
    'java.rmi/sun.rmi.registry',
    'java.rmi/sun.rmi.server',
    'java.sql/java.sql',
    'java.base/java.lang.ref',
    'jdk.unsupported/sun.misc',
  ].map((name) => `--add-exports=${name}=ALL-UNNAMED`),
  ...[
    'java.base/java.lang.module',
    'java.base/jdk.internal.loader',
    'java.base/jdk.internal.ref',
    'java.base/jdk.internal.reflect',
    'java.base/jdk.internal.math',
    'java.base/jdk.internal.module',
    'java.base/jdk.internal.util.jar',
    'jdk.management/com.sun.management.internal',
    'java.base/sun.nio.ch',
    'java.base/java.io',
    'java.base/java.lang.reflect',
    'java.base/java.lang',
    'java.base/java.util',
  ].map((name) => `--add-opens=${name}=ALL-UNNAMED`),
];

/** Java's arguments for a node configured by `cassandra.yaml` and `logback.xml` in `folder`, up to the class path. */
export function javaOptions(folder: string, isBrief: boolean): readonly string[] {
  return [
    '-Xms512m',
    '-Xmx512m',
    '-XX:+UseSerialGC',
    // Compiling thoroughly takes longer than what a node of some minutes is asked to do: its first loads run in half the time.
    ...(isBrief ? ['-XX:TieredStopAtLevel=1'] : []),
    '-XX:+ExitOnOutOfMemoryError',
    // No file in the shared temporary folder for every start.
    '-XX:+PerfDisableSharedMem',
    '-Djdk.attach.allowAttachSelf=true',
    ...MODULES,
    '-Dio.netty.tryReflectionSetAccessible=true',
    '-Dio.netty.allocator.useCacheForAllThreads=true',
    '-Dio.netty.allocator.maxOrder=11',
    `-Dcassandra.config=${pathToFileURL(join(folder, 'cassandra.yaml'))}`,
    `-Dcassandra.storagedir=${folder}`,
    `-Dlogback.configurationFile=${pathToFileURL(join(folder, 'logback.xml'))}`,
    '-Dcassandra-foreground=yes',
    // A single node has nobody to wait for, at the start or at the end.
    '-Dcassandra.superuser_setup_delay_ms=0',
    '-Dcassandra.skip_wait_for_gossip_to_settle=0',
    '-Dcassandra.ring_delay_ms=0',
    '-Dcassandra.shutdown_announce_in_ms=0',
    // Measured at every start otherwise, for 0.7 s; this is the result.
    '-Dcassandra.memtable.row_overhead_size=180',
  ];
}
