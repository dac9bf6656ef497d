// Original file: proto/agent.proto


export interface Heartbeat {
}

export interface Heartbeat__Output {
}
