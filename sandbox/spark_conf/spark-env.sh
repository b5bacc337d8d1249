# Read by every Spark launcher before its JVM starts. STATE and PYTHON are filled in by `make setup`.
export SPARK_LOG_FILE="@STATE@/logs/spark.log"
export SPARK_LOCAL_IP=127.0.0.1

# Whoever opens the tables' metastore needs it alone: say so now, not after forty seconds of stack traces.
case "$*" in
    *catalogImplementation=hive* | *HiveThriftServer2*)
        (cd "@ROOT@" && SANDBOX_STATE="@STATE@" "@PYTHON@" -m sandbox check-spark) || exit 1
        ;;
esac
