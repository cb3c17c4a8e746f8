#!/usr/bin/env bash
# Prints the folder that holds Kafka's own command-line tools as jars, after fetching them with
# Maven once. The version is pinned; a finished folder is used again, an interrupted fetch leaves
# none behind. Needs mvn; NOCTURNE_STACK names another cache folder.
set -euo pipefail

version=4.3.1
cache=${NOCTURNE_STACK:-$HOME/.cache/nocturne-stack}
target=$cache/kafka-tools-$version

if [ -d "$target" ]; then
  echo "$target"
  exit
fi
command -v mvn >/dev/null || { echo 'kafka-jars: mvn is missing; install Maven' >&2; exit 2; }

mkdir -p "$cache"
scratch=$(mktemp -d "$cache/.kafka-tools.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

dependency() { # group artifact version
  printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId>' "$1" "$2"
  printf '<version>%s</version></dependency>\n' "$3"
}

{
  echo '<project xmlns="http://maven.apache.org/POM/4.0.0">'
  echo '<modelVersion>4.0.0</modelVersion><packaging>pom</packaging>'
  echo '<groupId>nocturne</groupId><artifactId>kafka-tools</artifactId><version>1</version>'
  echo '<dependencies>'
  dependency org.apache.kafka kafka_2.13 "$version"
  dependency org.apache.kafka kafka-tools "$version"
  # The jars name a logging interface and bring nothing behind it; without one the tool warns.
  dependency org.slf4j slf4j-nop 1.7.36
  echo '</dependencies></project>'
} >"$scratch/pom.xml"

mvn --quiet --batch-mode --file "$scratch/pom.xml" dependency:copy-dependencies \
  -DincludeScope=runtime -DoutputDirectory="$scratch/jars" >"$scratch/mvn.log" 2>&1 || {
  tail -n 20 "$scratch/mvn.log" >&2
  echo 'kafka-jars: Maven could not fetch the jars' >&2
  exit 1
}

# Two fetches at once end with one folder: the second rename fails and finds the first's.
mv -T "$scratch/jars" "$target" 2>/dev/null || [ -d "$target" ]
echo "$target"
