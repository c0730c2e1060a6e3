import MeshCore

/// The strides of one group by what its endpoints report, as one stripe of threads last computed them.
struct ReportedStrides: Sendable {
    let group: ObjectIdentifier
    let strides: [UInt16]
    /// When they are to be computed anew.
    let dueAt: MeshInstant

    /// The strides for a group, brought up to date if they are due.
    ///
    /// - Complexity: O(groups); O(endpoints) once in ``ReportedWeights/updatePeriod``.
    static func current(
        in list: inout [ReportedStrides],
        of group: EndpointGroup,
        by rule: ReportedWeights,
        at now: MeshInstant
    ) -> [UInt16] {
        let identity = ObjectIdentifier(group)
        let index = list.firstIndex { $0.group == identity }
        if let index, now < list[index].dueAt { return list[index].strides }
        let reported = WeightTable.strides(group.reportedWeights(by: rule, at: now))
        let strides = ReportedStrides(
            group: identity,
            // Until two have reported, the weights of the set count.
            strides: reported.isEmpty ? group.strides : WeightTable.strides(reported, covering: group.coverage),
            dueAt: now.advanced(by: rule.updatePeriod)
        )
        if let index { list[index] = strides } else { list.append(strides) }
        return strides.strides
    }
}
