#!/usr/bin/env bash
# Prints the folder that holds one set of jars, after fetching it with Maven once:
#   jars.sh kafka | kafka39 | zookeeper | cassandra | spark | all
# kafka is Kafka 4.3.1 (server, tools, MirrorMaker 2), kafka39 is Kafka 3.9.2, the last line that
# runs on ZooKeeper, zookeeper is ZooKeeper 3.9.5, cassandra is Cassandra 5.0.8, spark is Spark
# Connect 4.2.0 with Kafka's source and sink. Versions are pinned; a finished folder is used again,
# an interrupted fetch leaves none behind. Needs mvn; NOCTURNE_STACK names another cache.
set -euo pipefail

cache=${NOCTURNE_STACK:-$HOME/.cache/nocturne-stack}

# What each set needs beyond what its parts bring: the jars of servers name a logging interface and
# bring nothing behind it, ZooKeeper's metrics and snappy are optional to Maven and needed to run,
# Cassandra's jamm is also the Java agent that measures its memory. What stands behind a version,
# GROUP/ARTIFACT and commas between, is left out: Spark's server carries those two in its own jar.
# It needs mllib to end a session, expired ones too, and does not say so to Maven.
declare -A versions=([kafka]=4.3.1 [kafka39]=3.9.2 [zookeeper]=3.9.5 [cassandra]=5.0.8)
versions[spark]=4.2.0
connect=org.apache.spark/spark-connect
declare -A artifacts=(
  [kafka]="org.apache.kafka:kafka_2.13:4.3.1 org.apache.kafka:kafka-tools:4.3.1
    org.apache.kafka:connect-mirror:4.3.1 org.apache.kafka:connect-runtime:4.3.1
    org.apache.kafka:connect-json:4.3.1 org.slf4j:slf4j-api:2.0.17
    org.apache.logging.log4j:log4j-core:2.24.3 org.apache.logging.log4j:log4j-slf4j2-impl:2.24.3
    org.apache.logging.log4j:log4j-1.2-api:2.24.3"
  [kafka39]="org.apache.kafka:kafka_2.13:3.9.2 org.apache.kafka:kafka-tools:3.9.2
    org.slf4j:slf4j-reload4j:1.7.36"
  [zookeeper]="org.apache.zookeeper:zookeeper:3.9.5 io.dropwizard.metrics:metrics-core:4.1.12.1
    org.xerial.snappy:snappy-java:1.1.10.5"
  [cassandra]="org.apache.cassandra:cassandra-all:5.0.8 com.github.jbellis:jamm:0.4.0"
  [spark]="org.apache.spark:spark-sql_2.13:4.2.0 org.apache.spark:spark-pipelines_2.13:4.2.0
    org.apache.spark:spark-sql-kafka-0-10_2.13:4.2.0 org.apache.spark:spark-mllib_2.13:4.2.0
    org.apache.spark:spark-connect_2.13:4.2.0:$connect-common_2.13,$connect-shims_2.13"
)

pom() { # name
  echo '<project xmlns="http://maven.apache.org/POM/4.0.0">'
  echo '<modelVersion>4.0.0</modelVersion><packaging>pom</packaging>'
  echo "<groupId>nocturne</groupId><artifactId>$1-jars</artifactId><version>1</version>"
  echo '<dependencies>'
  local group artifact version without
  for coordinates in ${artifacts[$1]}; do
    IFS=: read -r group artifact version without <<<"$coordinates"
    printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId>' "$group" "$artifact"
    printf '<version>%s</version><exclusions>' "$version"
    for left_out in ${without//,/ }; do
      printf '<exclusion><groupId>%s</groupId>' "${left_out%/*}"
      printf '<artifactId>%s</artifactId></exclusion>' "${left_out#*/}"
    done
    printf '</exclusions></dependency>\n'
  done
  echo '</dependencies></project>'
}

fetch() { # name
  # The list of artifacts is part of the name, so that a changed list is fetched anew.
  local list target scratch
  list=$(tr -s ' \n' ' ' <<<"${artifacts[$1]}" | cksum | cut -d ' ' -f 1)
  target=$cache/$1-${versions[$1]}-$list
  if [ ! -d "$target" ]; then
    command -v mvn >/dev/null || { echo 'jars.sh: mvn is missing; install Maven' >&2; exit 2; }
    mkdir -p "$cache"
    scratch=$(mktemp -d "$cache/.$1.XXXXXX")
    pom "$1" >"$scratch/pom.xml"
    mvn --quiet --batch-mode --file "$scratch/pom.xml" dependency:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$scratch/jars" >"$scratch/mvn.log" 2>&1 || {
      tail -n 20 "$scratch/mvn.log" >&2
      rm -rf "$scratch"
      echo "jars.sh: Maven could not fetch $1" >&2
      exit 1
    }
    # Two fetches at once end with one folder: the second rename fails and finds the first's.
    mv -T "$scratch/jars" "$target" 2>/dev/null || [ -d "$target" ]
    rm -rf "$scratch"
  fi
  echo "$target"
}

case ${1:-} in
  all) for name in "${!versions[@]}"; do fetch "$name"; done ;;
  kafka | kafka39 | zookeeper | cassandra | spark) fetch "$1" ;;
  *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
